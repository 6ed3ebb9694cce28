#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# judge-win32registry.pl HIVE: every key and value of a hive read by Parse::Win32Registry; fails at its first warning.
use strict;
use warnings;

use Parse::Win32Registry;

local $SIG{__WARN__} = sub { print STDERR @_; exit 1 };
Parse::Win32Registry->enable_warnings;
my $hive = Parse::Win32Registry->new($ARGV[0]) or die "it is no hive\n";
my $count = 0;
my @keys = ($hive->get_root_key);
while (my $key = shift @keys) {
	$count++;
	for my $value ($key->get_list_of_values) {
		# data that is not there is none, but not a failure
		my $data = $value->get_raw_data;
		$count++;
	}
	push @keys, $key->get_list_of_subkeys;
}
print "$count\n";
