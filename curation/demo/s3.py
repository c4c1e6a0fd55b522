"""A SeaweedFS S3 server for the demo: what it stores stays in a folder from one run to the next."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from curation.errors import SourceError

BUCKET = "curation"
KEY, SECRET = "demo", "demo-secret"  # of a server that listens on loopback alone
_PATIENCE_S = 60.0
_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]


class ObjectStore:
    """An S3 server on loopback while the context lasts, with the bucket `curation`.

    `environment` holds what a recipe needs to reach it: CURATION_S3_URL and the AWS variables with the keys.
    Raises `SourceError` when the server does not come up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.environment: dict[str, str] = {}

    def __enter__(self) -> ObjectStore:
        self._folder.mkdir(parents=True, exist_ok=True)
        identity = {"name": "demo", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": _ACTIONS}
        keys = self._folder / "identity.json"
        keys.write_text(json.dumps({"identities": [identity]}))
        self._ports = s3, master, volume, filer, admin = _free_ports(5)
        command = [
            str(Path(sys.executable).with_name("weed")), "mini", f"-dir={self._folder}", "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1", "-master.telemetry=false", "-webdav=false", "-admin.ui=false", f"-s3.config={keys}",
            f"-s3.port={s3}", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-master.port={master}",
            f"-volume.port={volume}", f"-filer.port={filer}", f"-admin.port={admin}",
        ]  # fmt: skip
        with open(self._folder / "log", "ab") as log:
            # A session of its own: Ctrl-C is for the run, which still commits what is done.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        url = f"http://127.0.0.1:{s3}"
        self.environment = {
            "CURATION_S3_URL": url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip
        try:
            self._wait(url)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def _wait(self, url: str) -> None:
        """Until the server answers and has the bucket."""
        import s3fs

        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                urllib.request.urlopen(url, timeout=2).close()
                break
            except urllib.error.HTTPError:  # it answers, if only to say who are you
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise SourceError(f"the demo's S3 server did not come up. Look at {self._folder / 'log'}.")
        store = s3fs.S3FileSystem(key=KEY, secret=SECRET, endpoint_url=url, skip_instance_cache=True)
        if not store.exists(BUCKET):
            store.mkdir(BUCKET)

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for port in self._ports:  # it leaves its local sockets behind, named by its HTTP and gRPC ports
            for name in (f"seaweedfs-*-{port}.sock", f"seaweedfs-*-{port + 10_000}.sock"):
                for path in Path("/tmp").glob(name):
                    path.unlink(missing_ok=True)


def _free_ports(count: int) -> list[int]:
    """Ports below 20000 that are free, as are those 10,000 above, which SeaweedFS takes for gRPC."""
    found: list[int] = []
    for port in range(11_000, 20_000, 7):
        if all(_is_free(each) for each in (port, port + 10_000)):
            found.append(port)
            if len(found) == count:
                return found
    raise SourceError("no free ports on 127.0.0.1 for the demo's S3 server.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
