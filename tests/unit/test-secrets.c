/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords are masked in the forms in which they stand on a volume, and nothing else is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"

#define M SECRET_MASK

static void
secrets_are_masked(void **state)
{
	static const struct {
		const char *text, *masked;
		size_t count;
	} cases[] = {
		{ "<AdministratorPassword><Value>cABhAHMA</Value><PlainText>false</PlainText></AdministratorPassword>",
		  "<AdministratorPassword><Value>" M
		  "</Value><PlainText>false</PlainText></AdministratorPassword>",
		  1 },
		{ "<a:Password wcm:x='1'>\r\n  pa ss\r\n</a:Password><Username>me</Username>",
		  "<a:Password wcm:x='1'>\r\n  " M "\r\n</a:Password><Username>me</Username>", 1 },
		{ "<Password>open to the end", "<Password>" M, 1 },
		{ "<Password/><Name>n</Name>", "<Password/><Name>n</Name>", 0 },
		{ "<Password><Value/></Password><Name>n</Name>",
		  "<Password><Value/></Password><Name>n</Name>", 0 },
		{ "<Value>*SENSITIVE*DATA*DELETED*</Value><Password>*SENSITIVE*DATA*DELETED*</Password>",
		  "<Value>*SENSITIVE*DATA*DELETED*</Value><Password>*SENSITIVE*DATA*DELETED*</Password>",
		  0 },
		{ "{ \"adminPasswordType\": \"Specify\", \"adminPassword\":  \"a\\\"b,c\", \"x\": 1 }",
		  "{ \"adminPasswordType\": \"Specify\", \"adminPassword\":  \"" M "\", \"x\": 1 }",
		  1 },
		{ "\"AccessKey\": \"AKIA1\",\r\n\"SecretKey\": \"s\",\r\n\"Region\": \"eu\"",
		  "\"AccessKey\": \"" M "\",\r\n\"SecretKey\": \"" M "\",\r\n\"Region\": \"eu\"",
		  2 },
		{ "    password: my secret\n    name: x\n", "    password: " M "\n    name: x\n",
		  1 },
		{ "x.exe /user:a /password:secret /y", "x.exe /user:a /password:" M " /y", 1 },
		{ "New-User -Password 'it''s' -Name a", "New-User -Password '" M "''s' -Name a",
		  1 },
		{ "net user Administrator Geheim1 /ACTIVE:YES",
		  "net user Administrator " M " /ACTIVE:YES", 1 },
		{ "net user Administrator /LOGONPASSWORDCHG:NO /PASSWORDREQ:YES",
		  "net user Administrator /LOGONPASSWORDCHG:NO /PASSWORDREQ:YES", 0 },
		{ "UserAccounts: Password set for 'Administrator'",
		  "UserAccounts: Password set for 'Administrator'", 0 },
		{ "CopyProfile failed (0x80070003)", "CopyProfile failed (0x80070003)", 0 },
		{ "Message: Sysprep Start <b>a < b", "Message: Sysprep Start <b>a < b", 0 },
		/* EC2Launch v2 */
		{ "inputs:\n  password:\n    type: static\n    data: LEAK\n  name: x\n",
		  "inputs:\n  password:\n    type: static\n    data: " M "\n  name: x\n", 1 },
		{ "- password: # c\r\n\r\n    \"data\": LEAK\r\n  name: x",
		  "- password: # c\r\n\r\n    \"data\": " M "\r\n  name: x", 1 },
		{ "\"password\":\n  \"data\": LEAK\nname: x",
		  "\"password\":\n  \"data\": " M "\nname: x", 1 },
		{ "password: |-\n  LE: AK\nname: x", "password: |-\n  " M "\nname: x", 1 },
		{ "password: LE\n  AK\nname: x", "password: " M "\n  " M "\nname: x", 2 },
		{ "password: {type: static, data: LE AK}, name: x",
		  "password: {type: static, data: " M "}, name: x", 1 },
		{ "\"password\": {\n \"type\": \"static\",\n \"data\": \"LE,}AK\" }, \"name\": \"x\"",
		  "\"password\": {\n \"type\": \"static\",\n \"data\": \"" M
		  "\" }, \"name\": \"x\"",
		  1 },
		{ "\"adminPassword\" :\n \"LEAK\",\n\"x\": 1",
		  "\"adminPassword\" :\n \"" M "\",\n\"x\": 1", 1 },
		{ "\"adminPassword\"\r\n:\r\n\"LEAK\"", "\"adminPassword\"\r\n:\r\n\"" M "\"", 1 },
		/* answer files */
		{ "<Password><Value><![CDATA[LE>A<K]]></Value><!-- LEAK --></Password><a>n</a>",
		  "<Password><Value><![CDATA[" M "]]></Value><!--" M "--></Password><a>n</a>", 2 },
		{ "<Path>net user Administrator &quot;LE AK&quot; /active:yes</Path>",
		  "<Path>net user Administrator &quot;" M "&quot; /active:yes</Path>", 1 },
		/* scripts */
		{ "-Password (ConvertTo-SecureString 'LE)AK' -AsPlainText -Force) -Name x",
		  "-Password " M " -Name x", 1 },
		{ "$p=(ConvertTo-SecureString -AsPlainText -Force -String \"LEAK\")",
		  "$p=(ConvertTo-SecureString -AsPlainText -Force -String \"" M "\")", 1 },
		{ "$p = 'LEAK' | ConvertTo-SecureString -AsPlainText -Force",
		  "$p = '" M "' | ConvertTo-SecureString -AsPlainText -Force", 1 },
		{ "'a' | Out-Null; 'it", "'a' | Out-Null; 'it", 0 },
		{ "$u.SetPassword(\"LEAK\"); $x", "$u.SetPassword(\"" M "\"); $x", 1 },
		{ "$u.psbase.Invoke(\"SetPassword\", \"LEAK\")",
		  "$u.psbase.Invoke(\"SetPassword\", \"" M "\")", 1 },
		{ "$u.Invoke('SetPassword', @('LEAK'))", "$u.Invoke('SetPassword', @('" M "'))",
		  1 },
		{ "net.exe user A LEAK && net1 user B LEAK",
		  "net.exe user A " M " && net1 user B " M, 2 },
		{ "cmd /c \"net user Administrator LEAK\"", "cmd /c \"net user Administrator " M,
		  1 },
		{ "\"C:\\Windows\\System32\\net.exe\" \"user\" \"A\" \"LE AK\" /add",
		  "\"C:\\Windows\\System32\\net.exe\" \"user\" \"A\" \"" M "\" /add", 1 },
		{ "'net users A LEAK'", "'net users A " M, 1 },
		{ "net user /add bob LEAK", "net user /add bob " M, 1 },
		{ "netdom join x /ud:a /pd:LEAK /reboot", "netdom join x /ud:a /pd:" M " /reboot",
		  1 },
		{ "schtasks /create /ru a /rp LEAK /tn x", "schtasks /create /ru a /rp " M " /tn x",
		  1 },
		{ "SetPassword failed for 'bob'", "SetPassword failed for 'bob'", 0 },
		/* of a key that begins its line all the rest of the line is the value */
		{ "password: ab,cd;ef\nname: a,b\n", "password: " M "\nname: a,b\n", 1 },
		{ "[a]\r\nPassword = ab<c}d;ef\r\nName=a;b\r\n",
		  "[a]\r\nPassword = " M "\r\nName=a;b\r\n", 1 },
		{ "\t- pwd: a}b;c", "\t- pwd: " M, 1 },
		{ "Server=a;Password=b;Name=c", "Server=a;Password=" M ";Name=c", 1 },
		{ "\"password\": 12, \"name\": 3", "\"password\": " M ", \"name\": 3", 1 },
		{ "a --password=b -c", "a --password=" M " -c", 1 },
		{ "<Password <Password>LEAK</Password>", "<Password <Password>" M "</Password>",
		  1 },
		/* attributes */
		{ "<User Password=\"LEAK\" Name='x'/>", "<User Password=\"" M "\" Name='x'/>", 1 },
		{ "<add key=\"Password\" value=\"LEAK\"/><add key='x' value='y'/>",
		  "<add key=\"Password\" value=\"" M "\"/><add key='x' value='y'/>", 1 },
		{ "<item name='AdminPassword'> LEAK </item><item name='a'>b</item>",
		  "<item name='AdminPassword'> " M " </item><item name='a'>b</item>", 1 },
		{ "<s key='secretKey'><value>LEAK</value></s><s>x</s>",
		  "<s key='secretKey'><value>" M "</value></s><s>x</s>", 1 },
		{ "<a:Password b:Value = 'LEAK' xml:lang='de'>LEAK</a:Password>",
		  "<a:Password b:Value = '" M "' xml:lang='de'>" M "</a:Password>", 2 },
		{ "<Password Value='LEAK", "<Password Value='" M, 1 },
		{ "<a:b:c:d key=>x", "<a:b:c:d key=>x", 0 },
		/* elements that lint knows, too */
		{ "<Provisioning><AccountData>LEAK</AccountData></Provisioning>",
		  "<Provisioning><AccountData>" M "</AccountData></Provisioning>", 1 },
		{ "<keyMaterial>LEAK</keyMaterial>", "<keyMaterial>" M "</keyMaterial>", 1 },
		/* a value behind the name of a secret */
		{ "reg add \"HKLM\\Windows NT\\Winlogon\" /v DefaultPassword /t REG_SZ /d \"LE AK\" /f",
		  "reg add \"HKLM\\Windows NT\\Winlogon\" /v DefaultPassword /t REG_SZ /d \"" M
		  "\" /f",
		  1 },
		{ "reg add x /d LEAK /v &quot;DefaultPassword&quot; /f",
		  "reg add x /d " M " /v &quot;DefaultPassword&quot; /f", 1 },
		{ "reg add x /v DefaultPassword /d LEAK & reg add x /v AutoAdminLogon /d 1",
		  "reg add x /v DefaultPassword /d " M " & reg add x /v AutoAdminLogon /d 1", 1 },
		{ "reg add x /v AutoAdminLogon /d 1 & reg add x /d LEAK /v DefaultPassword",
		  "reg add x /v AutoAdminLogon /d 1 & reg add x /d " M " /v DefaultPassword", 1 },
		{ "reg add x /v DefaultPassword /f^\r\n /d LEAK\r\nreg add x /d 1",
		  "reg add x /v DefaultPassword /f^\r\n /d " M "\r\nreg add x /d 1", 1 },
		{ "<a>reg add x /v DefaultPassword</a><a>reg add y /d 1</a>",
		  "<a>reg add x /v DefaultPassword</a><a>reg add y /d 1</a>", 0 },
		{ "Set-ItemProperty -Path x -Name DefaultPassword -Value 'LEAK'; $x",
		  "Set-ItemProperty -Path x -Name DefaultPassword -Value '" M "'; $x", 1 },
		{ "Set-ItemProperty -Value LEAK -Name 'DefaultPassword'",
		  "Set-ItemProperty -Value " M " -Name 'DefaultPassword'", 1 },
		{ "New-ItemProperty x DefaultPassword `\r\n  -PropertyType String -Value LEAK",
		  "New-ItemProperty x DefaultPassword `\r\n  -PropertyType String -Value " M, 1 },
		{ "Set-ItemProperty HKLM:\\x DefaultPassword LEAK",
		  "Set-ItemProperty HKLM:\\x DefaultPassword " M, 1 },
		{ "Set-ItemProperty -Path x -Name A -Value 1",
		  "Set-ItemProperty -Path x -Name A -Value 1", 0 },
		{ "(Set-ItemProperty x -Name DefaultPassword -Value:LEAK)",
		  "(Set-ItemProperty x -Name DefaultPassword -Value:" M ")", 1 },
		{ "setx AWS_SECRET_ACCESS_KEY LEAK /m", "setx AWS_SECRET_ACCESS_KEY " M " /m", 1 },
		{ "setx /m ADMINPASS \"LE AK\"", "setx /m ADMINPASS \"" M "\"", 1 },
		{ "setx PATH a", "setx PATH a", 0 },
		{ "aws configure set aws_secret_access_key LEAK --profile x",
		  "aws configure set aws_secret_access_key " M " --profile x", 1 },
		{ "aws configure set region eu", "aws configure set region eu", 0 },
		{ "[Environment]::SetEnvironmentVariable('AWS_SECRET_ACCESS_KEY','LEAK','Machine')",
		  "[Environment]::SetEnvironmentVariable('AWS_SECRET_ACCESS_KEY','" M
		  "','Machine')",
		  1 },
		{ "SetEnvironmentVariable(\"PATH\", \"x\")",
		  "SetEnvironmentVariable(\"PATH\", \"x\")", 0 },
		{ "SetValue(\"HKLM\\x\", \"DefaultPassword\", \"LEAK\")",
		  "SetValue(\"HKLM\\x\", \"DefaultPassword\", \"" M "\")", 1 },
		{ "w.RegWrite \"HKLM\\x\\DefaultPassword\", \"LEAK\", \"REG_SZ\"",
		  "w.RegWrite \"HKLM\\x\\DefaultPassword\", \"" M "\", \"REG_SZ\"", 1 },
		{ "[Net.NetworkCredential]::new('u','LEAK')",
		  "[Net.NetworkCredential]::new('u','" M "')", 1 },
		{ "New-Object System.Net.NetworkCredential($u, \"LE,AK\")",
		  "New-Object System.Net.NetworkCredential($u, \"" M "\")", 1 },
		{ "NetworkCredential('u', $p)", "NetworkCredential('u', $p)", 0 },
		/* what programs take for a password */
		{ "net use Z: \\\\srv\\share LEAK /user:corp\\u",
		  "net use Z: \\\\srv\\share " M " /user:corp\\u", 1 },
		{ "net.exe use \\\\srv\\share /user:\"A B\" LEAK /persistent:no",
		  "net.exe use \\\\srv\\share /user:\"A B\" " M " /persistent:no", 1 },
		{ "net use &quot;\\\\srv\\my share&quot; &quot;LE AK&quot; /user:u",
		  "net use &quot;\\\\srv\\my share&quot; &quot;" M "&quot; /user:u", 1 },
		{ "net use Z: /delete", "net use Z: /delete", 0 },
		{ "net use \\\\srv\\share /delete", "net use \\\\srv\\share /delete", 0 },
		{ "net user Administrator `\r\n  LEAK", "net user Administrator `\r\n  " M, 1 },
		{ "cmdkey /add:srv /user:corp\\u /pass:LEAK",
		  "cmdkey /add:srv /user:corp\\u /pass:" M, 1 },
		{ "psexec64 \\\\h -u corp\\u -p LEAK cmd", "psexec64 \\\\h -u corp\\u -p " M " cmd",
		  1 },
		{ "psexec.exe \\\\h cmd\r\ncp -p x", "psexec.exe \\\\h cmd\r\ncp -p x", 0 },
		{ "winrs -r:h -u:u -p:LEAK dir", "winrs -r:h -u:u -p:" M " dir", 1 },
		{ "plink -pw LEAK host", "plink -pw " M " host", 1 },
		{ "mkdir -p x", "mkdir -p x", 0 },
		{ "amazon-ssm-agent.exe -register -code \"LEAK\" -id x",
		  "amazon-ssm-agent.exe -register -code \"" M "\" -id x", 1 },
		{ "AmazonSSMAgentSetup.exe /q CODE=LEAK ID=x",
		  "AmazonSSMAgentSetup.exe /q CODE=" M " ID=x", 1 },
		{ "exit -code 1", "exit -code 1", 0 },
		{ "msiexec /i a.msi DBPASS=LEAK X=1", "msiexec /i a.msi DBPASS=" M " X=1", 1 },
		{ "curl https://u:LE:AK@host/x http://host:80/a@b",
		  "curl https://u:" M "@host/x http://host:80/a@b", 1 },
		/* scripts' variables */
		{ "$pass = 'LEAK'", "$pass = '" M "'", 1 },
		{ "$pw='LEAK'; $secret = \"LEAK\"", "$pw='" M "'; $secret = \"" M "\"", 2 },
		{ "$env:DBPASS = \"LEAK\"", "$env:DBPASS = \"" M "\"", 1 },
		{ "$pass = Read-Host", "$pass = Read-Host", 0 },
		{ "if ($pass == 'x') { $pass -eq 'y' }", "if ($pass == 'x') { $pass -eq 'y' }", 0 },
		{ "set PASS=LE AK\r\nset PASSES=1", "set PASS=" M "\r\nset PASSES=1", 1 },
		{ "set \"ADMINPASS=LEAK\"", "set \"ADMINPASS=" M "\"", 1 },
		{ "@{ UserPass = 'LEAK'; Bypass = 'x' }", "@{ UserPass = '" M "'; Bypass = 'x' }",
		  1 },
		{ "$password=@\"\r\nLE\r\n\"AK\r\n\"@\r\n$x", "$password=@\"\r\n" M "\r\n\"@\r\n$x",
		  1 },
		{ "$password = @'\n'@", "$password = @'\n'@", 0 },
		{ "<settings pass=\"specialize\"> pass=specialize Current pass: 7",
		  "<settings pass=\"specialize\"> pass=specialize Current pass: 7", 0 },
		{ "setup -pass specialize /pass:oobeSystem UnattendPass=4",
		  "setup -pass specialize /pass:oobeSystem UnattendPass=4", 0 },
		{ "Bypass=x Compass: y", "Bypass=x Compass: y", 0 },
		/* YAML's and JSON's other spellings of keys */
		{ "- ? password\n  : type: static\n    data: LEAK\n  name: x",
		  "- ? password\n  : type: static\n    data: " M "\n  name: x", 1 },
		{ "? \"password\"\r\n: LEAK\r\nname: x", "? \"password\"\r\n: " M "\r\nname: x",
		  1 },
		{ "? password\n: |-\n  LEAK\nname: x", "? password\n: |-\n  " M "\nname: x", 1 },
		{ "? name\n: x\n? password\nname: y", "? name\n: x\n? password\nname: y", 0 },
		{ "a ? password\n: x", "a ? password\n: x", 0 },
		{ "\"pass\\u0077ord\": {type: static, data: LEAK}",
		  "\"pass\\u0077ord\": {type: static, data: " M "}", 1 },
		{ "{\"\\x70assword\":\n \"LEAK\", \"n\\u0061me\": \"x\", \"pass\\u12\": \"x\"}",
		  "{\"\\x70assword\":\n \"" M "\", \"n\\u0061me\": \"x\", \"pass\\u12\": \"x\"}",
		  1 },
		/* what an alias means */
		{ "x: &p LE AK\npassword: *p\ny: &q z\n", "x: &p " M "\npassword: " M "\ny: &q z\n",
		  2 },
		{ "password: *p\nx: &p \"LEAK\"\n", "password: " M "\nx: &p \"" M "\"\n", 2 },
		{ "password: &p LEAK\nx: *p\n", "password: " M "\nx: *p\n", 1 },
		{ "- &p LEAK\n- a\n- password: *p", "- &p " M "\n- a\n- password: " M, 2 },
		{ "x: &p\n  data: LEAK\ny: z\npassword: *p",
		  "x: &p\n  data: " M "\ny: z\npassword: " M, 2 },
		{ "x: &p |\n  LEAK\ny: z\npassword: *p", "x: &p |\n  " M "\ny: z\npassword: " M,
		  2 },
		{ "- &p\n  data: LEAK\n- b\n- password: *p",
		  "- &p\n  data: " M "\n- b\n- password: " M, 2 },
		{ "x: &p {type: static, data: LEAK}\npassword:\n  <<: *p",
		  "x: &p {type: static, data: " M "}\npassword:\n  " M, 2 },
		{ "x: &p [LE, AK]\ny: z\npassword: *p", "x: &p " M "\ny: z\npassword: " M, 2 },
		{ "a: &a LEAK\nb: &b {data: *a}\npassword: *b\n",
		  "a: &a " M "\nb: &b {data: " M "}\npassword: " M "\n", 3 },
		{ "x: &p y\nz: *p\n", "x: &p y\nz: *p\n", 0 },
		{ "a&amp;b &amp c\npassword: *amp\n", "a&amp;b &amp " M "\npassword: " M "\n", 2 },
		{ "", "", 0 },
		{ "password", "password", 0 },
		{ "password=", "password=", 0 },
		{ "<password", "<password", 0 },
		{ "net user \"a b", "net user \"a b", 0 },
		{ "net user", "net user", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count = 99;
		CLEANUP_FREE char *got = secrets_mask(cases[i].text, &count);

		assert_string_equal(got, cases[i].masked);
		assert_int_equal(count, cases[i].count);
	}
}

/* Each would take hours if every mark looked for its end again. */
static void
many_marks_take_no_time(void **state)
{
	static const char *const marks[] = { "<", "<Password ", "\\'", "\\\"", "&quot;", "'\"" };
	const size_t size = 8u << 20;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t len = strlen(marks[i]), count = 99;
		CLEANUP_FREE char *text = xzalloc(size + 1);
		CLEANUP_FREE char *got = NULL;

		for (size_t at = 0; at + len <= size; at += len)
			memcpy(text + at, marks[i], len);
		got = secrets_mask(text, &count);
		assert_string_equal(got, text);
		assert_int_equal(count, 0);
	}
}

static void
every_encoding_keeps_its_form(void **state)
{
	static const char text[] = "\xef\xbb\xbf<Password>J\xc3\xbcrgen</Password> J\xc3\xbcrgen";
	static const char masked[] = "\xef\xbb\xbf<Password>" M "</Password> J\xc3\xbcrgen";

	(void)state;
	/* 8 bits, UTF-16LE and UTF-16BE, and both again without a mark */
	for (int k = 0; k < 5; k++) {
		int kind = k > 2 ? k - 2 : k;
		const char *from = k > 2 ? text + 3 : text, *to = k > 2 ? masked + 3 : masked;
		size_t n = strlen(from), wanted_n = strlen(to), got_n, count;
		CLEANUP_FREE uint8_t *in = kind ? utf16_from_text(from, &n) :
						  xmemdup(from, strlen(from));
		CLEANUP_FREE uint8_t *wanted = kind ? utf16_from_text(to, &wanted_n) :
						      xmemdup(to, strlen(to));
		CLEANUP_FREE uint8_t *got = NULL;

		for (size_t i = 0; kind == 2 && i + 1 < n; i += 2) {
			uint8_t keep = in[i];

			in[i] = in[i + 1];
			in[i + 1] = keep;
		}
		for (size_t i = 0; kind == 2 && i + 1 < wanted_n; i += 2) {
			uint8_t keep = wanted[i];

			wanted[i] = wanted[i + 1];
			wanted[i + 1] = keep;
		}
		got = secrets_mask_file(in, n, &got_n, &count);
		assert_int_equal(count, 1);
		assert_int_equal(got_n, wanted_n);
		assert_memory_equal(got, wanted, got_n);
	}
}

static void
bytes_that_are_no_text_stay(void **state)
{
	static const uint8_t bytes[] = "a\0\xff\xfe\x80password=x\0\0<Password>\0secret";
	size_t n, count;
	CLEANUP_FREE uint8_t *got = secrets_mask_file(bytes, sizeof bytes, &n, &count);

	(void)state;
	assert_int_equal(count, 1);
	assert_int_equal(n, sizeof bytes + strlen(M) - 1);
	assert_memory_equal(got, "a\0\xff\xfe\x80password=" M "\0\0<Password>\0secret", n);
}

/* Each of these would take minutes if every one of them looked on to the end. */
static void
absurd_texts_end_in_time(void **state)
{
	static const char *const parts[] = { "<a ",
					     "<Password ",
					     "\\'",
					     "&quot;\\'",
					     "net user ",
					     "(\"",
					     "password:\"",
					     "<Password x='",
					     "<Password>",
					     "a:",
					     "<k id=\"'",
					     "password: *p &p {}",
					     "\npassword: *p\n&p\n ",
					     "{pwd: *&p [",
					     "/v password ",
					     "/d ",
					     "-Value x -Name ",
					     "Set-ItemProperty password ",
					     "net use \\\\ ",
					     "setx /",
					     "configure set ",
					     "SetValue(",
					     "SetValue('password'",
					     "NetworkCredential(",
					     "$pass=@\"\n",
					     "set pass=",
					     "\n? password\n",
					     "\"\\u0070",
					     "a://",
					     "://a:",
					     "^\n",
					     "/d `\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP_TEXT struct text t = TEXT_INIT;
		CLEANUP_FREE char *got = NULL;
		size_t count;

		while (t.len < 2u << 20)
			text_add(&t, parts[i]);
		got = secrets_mask(text_str(&t), &count);
		assert_non_null(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_masked),
		cmocka_unit_test(many_marks_take_no_time),
		cmocka_unit_test(every_encoding_keeps_its_form),
		cmocka_unit_test(bytes_that_are_no_text_stay),
		cmocka_unit_test(absurd_texts_end_in_time),
	};

	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
