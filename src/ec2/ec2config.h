/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EC2Config (Windows Server 2003 to 2012 R2): its folder and files.  AWS: "Configure a Windows instance using the EC2Config service". */
#ifndef RESPREP_EC2_EC2CONFIG_H
#define RESPREP_EC2_EC2CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct windows;

struct ec2config {
	char *folder;	   /* "/Program Files/Amazon/Ec2ConfigService"; NULL: not installed */
	char *answer_file; /* "<folder>/sysprep2008.xml" when it exists, else NULL */
	char *log; /* "<folder>/Logs/Ec2ConfigLog.txt" (also Ec2Config.log) when it exists, else NULL */
	char *version;	/* Uninstall\…\DisplayVersion; NULL unknown */
	uint32_t start; /* Services\Ec2Config\Start; UINT32_MAX when there is no such service */
};
int ec2config_read(struct windows *w, struct ec2config *ret, struct error *err);
void ec2config_clear(struct ec2config *e);
#define CLEANUP_EC2CONFIG __attribute__((cleanup(ec2config_clear)))

#endif
