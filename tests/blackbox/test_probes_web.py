"""Probes of http and https against nginx: what it says, the name it is asked by, and its
certificates: trusted or not, for another name, expired, renewed.
"""

import datetime
import os
import re
import subprocess
import unittest

from harness import free_port, wait_until
from probing import Probes, connects, need

NOW = datetime.datetime.now(datetime.timezone.utc)


class Web(Probes):
    """nginx at one port with TLS and one without; the names that it serves, each with a
    certificate of its own, are `sites`."""

    def make_authority(self, name="authority"):
        """Who signs the certificates; the daemon trusts the file trusted.pem, which holds it."""
        self.authority = [self.folder.file(f"{name}.key"), self.folder.file(f"{name}.pem")]
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-nodes", "-days", "3650", "-subj", f"/CN={name}", "-keyout",
                     self.authority[0], "-out", self.authority[1])
        self.trust(self.authority[1])

    def trust(self, certificate):
        with open(certificate, "rb") as file:
            self.folder.write("trusted.pem", file.read())

    def make_certificate(self, name, days=30, started=1, kind="DNS"):
        """name.key and name.pem, which end in so many days; `started` days ago."""
        key, request = self.folder.file(f"{name}.key"), self.folder.file(f"{name}.csr")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}", "-keyout",
                     key, "-out", request)
        self.folder.write("ca.conf", f"""
[ca]
default_ca = here
[here]
database = {self.folder.file("index")}
new_certs_dir = {self.folder.path}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
""")
        self.folder.write("index", "")
        at = [(NOW + datetime.timedelta(days=n)).strftime("%Y%m%d%H%M%SZ")
              for n in (-started, days)]
        self.openssl("ca", "-batch", "-notext", "-config", self.folder.file("ca.conf"), "-cert",
                     self.authority[1], "-keyfile", self.authority[0], "-startdate", at[0],
                     "-enddate", at[1], "-in", request, "-out", self.folder.file(f"{name}.pem"))
        os.unlink(request)

    @staticmethod
    def openssl(*words):
        done = subprocess.run([need("openssl"), *words], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise AssertionError(f"openssl {words}:\n{done.stdout}")

    def nginx(self, sites=("api.example",)):
        """The first site answers whoever names none; /healthz, /json, /name, 503 at /broken."""
        self.tls_port, self.web_port = free_port(), free_port()
        where = self.folder.path
        servers = "".join(f"""
    server {{
        listen 127.0.0.1:{self.web_port};
        listen 127.0.0.1:{self.tls_port} ssl;
        server_name {site};
        ssl_certificate {where}/{site}.pem; ssl_certificate_key {where}/{site}.key;
        location = /healthz {{ return 200 "ok\\n"; }}
        location = /name {{ return 200 "{site} $ssl_server_name $http_host\\n"; }}
        location = /json {{ return 200 '{{"db": {{"state": "green"}}}}'; }}
        location = /moved {{ return 302 https://api.example/healthz; }}
        location = /broken {{ return 503; }}
    }}""" for site in sites)
        self.folder.write("nginx.conf", f"""
daemon off; worker_processes 1; pid {where}/nginx.pid; error_log {where}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {where}/body; proxy_temp_path {where}/proxy;
    fastcgi_temp_path {where}/fastcgi; uwsgi_temp_path {where}/uwsgi; scgi_temp_path {where}/scgi;
{servers}
}}
""")
        return self.serve([need("nginx"), "-p", where, "-e", f"{where}/error.log", "-c",
                           self.folder.file("nginx.conf")],
                          lambda: connects("127.0.0.1", self.tls_port))

    def site(self, name="api.example", **certificate):
        self.make_authority()
        self.make_certificate(name, **certificate)
        return self.nginx([name])

    def https(self, **probe):
        self.start({"type": "https", "host": "api.example", "port": self.tls_port,
                    "path": "/healthz", **probe},
                   environment={"SSL_CERT_FILE": self.folder.file("trusted.pem")})

    def expect_reason(self, pattern):
        self.expect_down()
        self.assertRegex(self.endpoint()["last"]["reason"], pattern)

    def expires(self):
        """When the certificate ends, by /status; None when it says nothing."""
        text = self.endpoint().get("certificate_expires")
        return text and datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Answers(Web):
    def test_it_dies_and_returns(self):
        server = self.site()
        self.https()
        self.dies_and_returns(server)

    def test_what_it_says_is_held_against_expectations(self):
        self.site()
        json_check = {"pointer": "/db/state", "value": "green"}
        for path, expect, good in (("/healthz", {"body": "ok"}, True),
                                   ("/healthz", {"body": "fine"}, False),
                                   ("/json", {"json": json_check}, True),
                                   ("/json", {"json": {**json_check, "value": "red"}}, False),
                                   ("/moved", {}, False),
                                   ("/moved", {"status": [302]}, True),
                                   ("/broken", {}, False)):
            with self.subTest(path=path, expect=expect):
                self.start({"type": "http", "port": self.web_port, "path": path,
                            "expect": expect})
                (self.expect_up if good else self.expect_down)()


class Names(Web):
    """One address, several sites: `host` says which one is asked, in TLS (SNI) and in HTTP."""

    def setUp(self):
        super().setUp()
        self.make_authority()
        self.make_certificate("first.example", days=10)
        self.make_certificate("second.example", days=20)
        self.nginx(["first.example", "second.example"])

    def test_each_site_is_asked_by_its_name(self):
        for name, days in (("first.example", 10), ("second.example", 20)):
            with self.subTest(name=name):
                self.https(host=name, path="/name",
                           expect={"body": f"{name} {name} {name}:{self.tls_port}\n"})
                self.expect_up()
                self.assertAlmostEqual((self.expires() - NOW).total_seconds(), days * 86400,
                                       delta=2)

    def test_an_endpoint_has_a_name_of_its_own(self):
        self.start({"type": "https", "host": "first.example", "port": self.tls_port,
                    "path": "/name", "expect": {"body": "second.example second.example"}},
                   {"address": "127.0.0.1", "host": "second.example"},
                   environment={"SSL_CERT_FILE": self.folder.file("trusted.pem")})
        self.expect_up()

    def test_without_a_name_none_is_told(self):
        self.https(host="first.example", path="/name", verify=False)
        self.expect_up()
        self.start({"type": "https", "port": self.tls_port, "path": "/name", "verify": False,
                    "expect": {"body": f"first.example  127.0.0.1:{self.tls_port}\n"}})
        self.expect_up()


class Certificates(Web):
    def test_the_end_is_told_by_all_who_tell_of_targets(self):
        self.site(days=30)
        self.https()
        self.expect_up()
        expires = self.expires()
        self.assertAlmostEqual((expires - NOW).total_seconds(), 30 * 86400, delta=2)
        self.assertRegex(self.daemon.http("/metrics")[1],
                         r'meridian_target_certificate_expiry_timestamp_seconds\{target="https://[^"]*"\} '
                         + str(int(expires.timestamp())))
        shown = self.daemon.meridian("status").stdout
        self.assertRegex(shown, r"certificate ends in (29d|30d)")

    def test_one_for_an_address(self):
        self.site("127.0.0.1", kind="IP")
        self.start({"type": "https", "port": self.tls_port, "path": "/healthz"},
                   environment={"SSL_CERT_FILE": self.folder.file("trusted.pem")})
        self.expect_up()

    def test_one_that_nobody_vouches_for(self):
        self.site()
        self.make_authority("another")
        self.https()
        self.expect_reason("certificate.*(self.signed|unable to get local issuer)")

    def test_one_that_vouches_for_itself(self):
        self.make_authority("api.example")
        self.nginx()
        self.make_authority("another")
        self.https()
        self.expect_reason("certificate.*self.signed")

    def test_one_for_another_name(self):
        self.site()
        self.https(host="www.example")
        self.expect_reason("certificate subject name .*www.example")

    def test_one_that_has_expired(self):
        self.site(days=-2, started=20)
        self.https()
        self.expect_reason("certificate has expired")

    def test_one_that_is_not_valid_yet(self):
        self.site(days=20, started=-2)
        self.https()
        self.expect_reason("certificate is not yet valid")

    def test_whoever_does_not_verify_takes_them_all_and_is_told_the_end(self):
        self.site(days=-2, started=20)
        self.https(verify=False, host="www.example")
        self.expect_up()
        self.assertLess(self.expires(), NOW)
        self.assertRegex(self.daemon.meridian("status").stdout, r"certificate ended 2d ago")

    def test_one_that_is_renewed(self):
        server = self.site(days=3)
        self.https()
        self.expect_up()
        self.make_certificate("api.example", days=90)
        server.stop()
        self.expect_down()
        server.start()
        self.expect_up()
        wait_until(lambda: (self.expires() - NOW).days >= 89, "the new end")

    def test_an_authority_that_comes_to_be_trusted(self):
        self.site()
        signer = self.authority[1]
        self.make_authority("another")
        self.https()
        self.expect_reason("certificate")
        self.trust(signer)
        self.expect_up()


class Mistakes(Web):
    def test_what_speaks_no_tls_is_told_as_such(self):
        self.site()
        self.https(port=self.web_port)
        self.expect_down()
        reason = self.endpoint()["last"]["reason"]
        self.assertTrue(re.search("wrong version number|SSL", reason), reason)


if __name__ == "__main__":
    unittest.main()
