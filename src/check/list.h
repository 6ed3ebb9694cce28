/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line per check, in the order in which they run and are shown. */
CHECK(hive_damaged)
CHECK(setup_unfinished)
CHECK(rdp_connections_denied)
CHECK(agent_installed)
CHECK(agent_service)
CHECK(agent_settings)
CHECK(sysprep_copyprofile_failed)
CHECK(profile_stale)
CHECK(copyprofile_enabled)
