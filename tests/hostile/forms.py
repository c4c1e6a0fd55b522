"""Forms of inside addresses: each must be refused before a packet leaves."""

from __future__ import annotations

# Hosts as they stand in a URL. All lead, for one program or another, to loopback, to a private network or
# to a cloud's metadata service.
INSIDE_HOSTS = (
    # loopback
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f000001", "0x7f.0.0.1", "0x7F.1", "2130706433",
    "017700000001", "0177.0.0.1", "0177.0.0.01", "127.0.0.1.", "127.000.000.001", "127.0x0.0.1", "4294967295",
    "localhost", "LOCALHOST", "localhost.", "foo.localhost", "localhost.localdomain", "ip6-localhost",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:7f00:1]",
    "%31%32%37.0.0.1", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛocalhost", "loc\u00adalhost",
    # private, link-local and shared networks
    "10.0.0.1", "10.1", "167772161", "0xa000001", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1",
    "169.254.1.1", "100.64.0.1", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]",
    "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]",
    # metadata services
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]", "168.63.129.16", "192.0.0.192", "metadata.google.internal", "metadata", "100.100.100.200",
    # addresses that embed another
    "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:f5ff:fffe]", "[2a00:1450::5efe:7f00:1]", "[2a00::200:5efe:a00:1]",
    # multicast, reserved, documentation, benchmark
    "224.0.0.1", "239.255.255.250", "[ff02::1]", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "192.88.99.1", "192.0.0.8", "[2001:db8::1]", "[100::1]", "[5f00::1]",
    # names of the inside
    "kubernetes", "kubernetes.default.svc.cluster.local", "printer.local", "db.internal", "router.home.arpa",
    # user information that hides the host
    "example.org@127.0.0.1", "example.org:80@127.0.0.1", "127.0.0.1@localhost",
)  # fmt: skip

# What a name may resolve to, for a resolver that lies.
INSIDE_ADDRESSES = (
    "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "168.63.129.16",
    "192.0.0.8", "224.0.0.1", "255.255.255.255", "198.18.0.1",
    "::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::127.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:db8::1", "fec0::1", "::ffff:0:7f00:1", "2a00::5efe:a00:1",
    "fe80::1%eth0",
)  # fmt: skip

SCHEMES = (
    "file:///etc/passwd", "FILE:///etc/passwd", "data:image/png;base64,iVBORw0KGgo=", "ftp://127.0.0.1/x.jpg",
    "gopher://127.0.0.1:25/_", "javascript:alert(1)", "ws://127.0.0.1/", "s3://bucket/key", "blob:http://a/b",
    "jar:http://a!/b", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "curation:0/0",
    "memory://x", "smb://host/share", "ldap://127.0.0.1/", "dict://127.0.0.1:11211/stat", "about:blank",
    "view-source:http://a/", "chrome://settings", "mailto:a@b", "tel:1", "feed:http://127.0.0.1/", "git://a/b",
)  # fmt: skip
