/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mkfixture: Windows disks from text, without root, mounts or loop devices.
 *
 *	mkfixture [--fixtures DIR] [--mkhive FILE] [--tree DIR] RECIPE [IMAGE]
 *
 * Reads the recipe into a plan, builds the hives and the volumes that it wants in memory, reads
 * them back to see that they are what was asked for, broken where they should be broken, and puts
 * them together as a disk image, as a folder (--tree), or both.  The image appears under its name
 * when it is complete.  The same recipe gives the same bytes.
 */
#include "fixture/hives.h"
#include "fixture/plan.h"
#include "fixture/recipe.h"
#include "fixture/table.h"
#include "fixture/tree.h"
#include "fixture/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: mkfixture [--fixtures DIR] [--mkhive FILE] [--tree DIR] RECIPE [IMAGE]\n"
	"  -f, --fixtures DIR  where bases/ is (found above RECIPE)\n"
	"  -m, --mkhive FILE   mkhive.py (DIR/../tests/support/mkhive.py)\n"
	"  -t, --tree DIR      the last NTFS volume as a folder that does not exist yet\n"
	"  -o, --output IMAGE  the same as naming IMAGE last\n";

/* The nearest folder above the recipe that has bases/. */
static char *
find_fixtures(const char *recipe)
{
	char *folder = keep_text(recipe, strlen(recipe)), *slash;

	while ((slash = strrchr(folder, '/'))) {
		*slash = 0;
		if (access(keep_format("%s/bases", folder), R_OK) == 0)
			return folder;
	}
	return access("bases", R_OK) == 0 ? keep_text(".", 1) : keep_text("fixtures", 8);
}

/* Copies what has been written, without pages of zeros: the image has holes. */
static void
place(const struct part *p, int fd, const char *path)
{
	static const uint8_t zeros[4096];
	uint8_t page[sizeof(zeros)];
	off_t data = 0;

	while ((data = lseek(p->image, data, SEEK_DATA)) >= 0) {
		uint64_t end = (uint64_t)lseek(p->image, data, SEEK_HOLE);

		for (uint64_t at = (uint64_t)data; at < end; at += sizeof(page)) {
			size_t size = end - at < sizeof(page) ? (size_t)(end - at) : sizeof(page);

			read_at(p->image, page, size, at, "partition");
			if (memcmp(page, zeros, size) != 0)
				write_at(fd, page, size, p->start + at, path);
		}
		data = (off_t)end;
	}
	if (errno != ENXIO)
		die("%s: cannot find a partition's data: %s", path, strerror(errno));
}

static void
prove_disk(const struct disk *disk, int fd, const char *path)
{
	uint8_t head[8];

	if (disk->truncate && lseek(fd, 0, SEEK_END) != (off_t)disk->truncate)
		die("%s: is not truncated", path);
	if (disk->table != TABLE_GPT)
		return;
	read_at(fd, head, sizeof(head), disk->sector, path);
	if ((memcmp(head, "EFI PART", 8) != 0) != disk->primary_gpt_destroyed)
		die("%s: its first GPT is not as asked", path);
}

static void
write_disk(struct disk *disk, int fd, const char *path)
{
	if (disk->is_whole) {
		write_at(fd, disk->whole.data, disk->whole.size, 0, path);
		return;
	}
	if (ftruncate(fd, (off_t)disk->size) < 0)
		die("%s: %s", path, strerror(errno));
	table_write(disk, fd, path);
	for (size_t i = 0; i < disk->count; i++) {
		if (disk->parts[i].image >= 0)
			place(&disk->parts[i], fd, path);
	}
	if (disk->truncate && ftruncate(fd, (off_t)disk->truncate) < 0)
		die("%s: %s", path, strerror(errno));
	prove_disk(disk, fd, path);
}

static void
write_image(struct disk *disk, const char *path)
{
	const char *draft = keep_format("%s.part", path);
	int fd;

	for (size_t i = 0; i < disk->count; i++) {
		if (disk->parts[i].kind == PART_NTFS)
			volume_build(&disk->parts[i], disk);
	}
	fd = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		die("%s: %s", draft, strerror(errno));
	write_disk(disk, fd, draft);
	if (close(fd) < 0 || rename(draft, path) < 0)
		die("%s: %s", path, strerror(errno));
}

static void
write_folder(const struct disk *disk, const char *path)
{
	for (size_t i = disk->count; i-- > 0;) {
		if (disk->parts[i].kind == PART_NTFS) {
			tree_write(&disk->parts[i], path);
			return;
		}
	}
	die("%s: the recipe has no volume", path);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "fixtures", required_argument, NULL, 'f' },
		{ "mkhive", required_argument, NULL, 'm' },
		{ "output", required_argument, NULL, 'o' },
		{ "tree", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *fixtures = NULL, *mkhive = NULL, *tree = NULL, *image = NULL;
	struct disk *disk = keep(sizeof(*disk));
	int c;

	while ((c = getopt_long(argc, argv, "f:m:o:t:h", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			fixtures = optarg;
			break;
		case 'm':
			mkhive = optarg;
			break;
		case 'o':
			image = optarg;
			break;
		case 't':
			tree = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 16;
		}
	}
	if (argc - optind == 2 && !image)
		image = argv[optind + 1];
	else if (argc - optind != 1)
		image = tree = NULL;
	if (!image && !tree) {
		fputs(usage, stderr);
		return 16;
	}
	if (!fixtures)
		fixtures = find_fixtures(argv[optind]);
	if (!mkhive)
		mkhive = keep_format("%s/../tests/support/mkhive.py", fixtures);
	recipe_read(disk, argv[optind], keep_format("%s/bases", fixtures));
	table_lay_out(disk);
	hives_build(disk, mkhive);
	if (tree)
		write_folder(disk, tree);
	if (image)
		write_image(disk, image);
	return 0;
}
