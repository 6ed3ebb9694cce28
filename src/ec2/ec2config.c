/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EC2Config: its folder, program, answer file and log on the volume; its service and version in the hives.  AWS: "Configure a Windows
 * instance using the EC2Config service".
 */
#include "ec2/agents-private.h"
#include "util/alloc.h"
#include "volume/volume.h"
#include "windows/windows.h"

/* The second is of the images of 2008 and 2009. */
static const char *const folders[] = { "/Program Files/Amazon/Ec2ConfigService",
				       "/Program Files/Amazon/Ec2ConfigSetup" };

/* AWS's documents name both. */
static const char *const logs[] = { "Logs/Ec2ConfigLog.txt", "Logs/Ec2Config.log" };

static const char *const services[] = { "Ec2Config" };

static const char *const settings[] = {
	"Settings/Config.xml",
	"Settings/BundleConfig.xml",
	"Settings/ActivationSettings.xml",
	"Settings/DriveLetterConfig.xml",
	"Settings/EventLogConfig.xml",
	"Settings/WallpaperSettings.xml",
	"Settings/InitializeDrivesSettings.xml",
	"Settings/AWS.EC2.Windows.CloudWatch.json",
};

void
agent_find_ec2config(struct windows *w, struct agent *a)
{
	struct volume *v = windows_volume(w);

	for (size_t i = 0; !a->folder && i < ARRAY_SIZE(folders); i++)
		if (volume_exists(v, folders[i]))
			a->folder = xstrdup(folders[i]);
	agent_find_service(w, services, ARRAY_SIZE(services), a);
	agent_uninstall_version(w, "EC2ConfigService", a);
	if (!a->folder)
		return;
	a->data = xstrdup(a->folder);
	a->program = agent_path(v, a->folder, "Ec2Config.exe");
	agent_program_version(w, a);
	a->answer_file = agent_path(v, a->folder, "sysprep2008.xml");
	a->log = agent_first_path(v, a->folder, logs, ARRAY_SIZE(logs));
	agent_add_settings(a, v, a->folder, settings, ARRAY_SIZE(settings));
}
