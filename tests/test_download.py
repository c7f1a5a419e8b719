"""datasets/download.py against a loopback server that can be made to misbehave."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import download

DATA = bytes(i * i % 251 for i in range(300_000))
PREFIX = 100_000


class Handler(BaseHTTPRequestHandler):
    """Serves server.data with Range; server.mode names the way to misbehave."""

    def do_GET(self):
        server, data = self.server, self.server.data
        server.requests.append((self.path, self.headers["Range"]))
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"]).groups()
        first, last = int(first), int(last or len(data) - 1)
        status = {"404": 404, "ignore range": 200}.get(server.mode, 206)
        if status == 206 and first >= len(data):
            status = 416
        body = {206: data[first:last + 1], 200: data}.get(status, b"")
        self.send_response(status)
        if server.mode != "no length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.mode in ("cut", "no length"):
            body = body[:len(body) // 2]
        try:
            self.wfile.write(body)
            server.sent += len(body)
        except ConnectionError:  # the client has read enough
            server.hung_up = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """A running server; the table of files points at it, whole and as a prefix."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.data, server.mode, server.requests, server.sent = DATA, "", [], 0
    server.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    monkeypatch.delenv("DATA_MIRROR", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "FILES", {
        "whole": entry("whole.bin", server.url + "origin", DATA),
        "prefix": entry("prefix.bin", server.url + "origin", DATA[:PREFIX])})
    monkeypatch.setattr(download, "MODELS", {"model": [
        entry("m/whole.bin", server.url + "origin", DATA)._replace(size=None),
        entry("m/again.bin", server.url + "origin", DATA)]})
    yield server
    server.shutdown()
    server.server_close()


def entry(local, url, data):
    """A row of the table for data at url."""
    sha256 = hashlib.sha256(data).hexdigest()
    return download.File(local, url, len(data), sha256, "public domain")


def refusal(name, folder):
    """The one-line message of the DownloadError that fetch raises."""
    with pytest.raises(download.DownloadError) as error:
        download.fetch(name, folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def command(folder, *names, **variables):
    """Run a copy of the script in folder; returns (exit status, stdout, stderr)."""
    script = shutil.copy(download.__file__, folder)
    env = {**os.environ, "no_proxy": "127.0.0.1", **variables}
    done = subprocess.run([sys.executable, script, *names], env=env, text=True,
                          capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def part(folder, data, name="whole.bin"):
    """Leave the partial file of an earlier run."""
    (folder / f"{name}.part").write_bytes(data)


def names(folder):
    """Names of all files in folder."""
    return sorted(path.name for path in folder.iterdir())


def test_downloads_then_uses_the_file_without_a_request(server, tmp_path):
    path = download.fetch("whole", tmp_path / "new" / "folder")
    assert path.read_bytes() == DATA and names(path.parent) == ["whole.bin"]
    before = path.stat().st_mtime_ns
    assert download.fetch("whole", path.parent) == path
    assert path.stat().st_mtime_ns == before and len(server.requests) == 1


def test_a_cut_leaves_the_part_and_the_next_run_asks_for_the_rest(server, tmp_path):
    server.mode = "cut"
    message = refusal("whole", tmp_path)
    assert "150,000 of 300,000 bytes" in message and "run again to resume" in message
    assert (tmp_path / "whole.bin.part").read_bytes() == DATA[:150_000]
    assert names(tmp_path) == ["whole.bin.part"]
    server.mode, server.sent = "", 0
    assert download.fetch("whole", tmp_path).read_bytes() == DATA
    assert server.sent == 150_000 and server.requests[-1][1] == "bytes=150000-299999"
    assert names(tmp_path) == ["whole.bin"]


def test_a_cut_shows_without_a_content_length(server, tmp_path):
    server.mode = "no length"
    assert "150,000 of 300,000 bytes" in refusal("whole", tmp_path)


def test_a_complete_part_needs_no_request(server, tmp_path):
    part(tmp_path, DATA)
    assert download.fetch("whole", tmp_path).read_bytes() == DATA
    assert server.requests == [] and names(tmp_path) == ["whole.bin"]


def test_starts_over_where_the_server_ignores_range(server, tmp_path):
    part(tmp_path, DATA[:1000])
    server.mode = "ignore range"
    assert download.fetch("whole", tmp_path).read_bytes() == DATA
    assert len(server.requests) == 1


@pytest.mark.parametrize("left", [b"x" * 1000, DATA + b"x"], ids=["corrupt", "long"])
def test_a_bad_part_is_dropped_and_fetched_once_more(server, tmp_path, left):
    part(tmp_path, left)
    assert download.fetch("whole", tmp_path).read_bytes() == DATA
    assert [header for _, header in server.requests][-1] == "bytes=0-299999"
    assert names(tmp_path) == ["whole.bin"]


def test_416_drops_the_part_and_asks_once_more_from_zero(server, tmp_path):
    part(tmp_path, DATA[:200_000])
    server.data = DATA[:150_000]
    message = refusal("whole", tmp_path)
    ranges = [header for _, header in server.requests]
    assert ranges == ["bytes=200000-299999", "bytes=0-299999"]
    assert "150,000 bytes there, not 300,000" in message and names(tmp_path) == []


def test_416_to_a_first_request_is_an_error(server, tmp_path):
    server.data = b""
    assert "Error 416" in refusal("whole", tmp_path) and len(server.requests) == 1


@pytest.mark.parametrize("left, tries", [(None, 1), (DATA[:1000], 2)])
def test_wrong_bytes_leave_nothing(server, tmp_path, left, tries):
    server.data = bytes(len(DATA))
    if left:
        part(tmp_path, left)
    message = refusal("whole", tmp_path)
    assert hashlib.sha256(server.data).hexdigest() in message
    assert hashlib.sha256(DATA).hexdigest() in message
    assert f"{tmp_path / 'whole.bin'} yourself" in message
    assert len(server.requests) == tries and names(tmp_path) == []


def test_a_wrong_file_of_yours_is_never_touched(server, tmp_path):
    (tmp_path / "whole.bin").write_bytes(b"mine")
    message = refusal("whole", tmp_path)
    assert "move it away" in message and str(tmp_path / "whole.bin") in message
    assert hashlib.sha256(b"mine").hexdigest() in message
    assert hashlib.sha256(DATA).hexdigest() in message
    assert (tmp_path / "whole.bin").read_bytes() == b"mine"
    assert server.requests == [] and names(tmp_path) == ["whole.bin"]


@pytest.mark.parametrize("mode", ["", "ignore range"])
def test_a_prefix_stops_at_its_size(server, tmp_path, mode):
    server.mode, server.hung_up = mode, False
    server.data = DATA * 100  # 30 MB: more than a socket buffers
    assert download.fetch("prefix", tmp_path).read_bytes() == DATA[:PREFIX]
    assert server.requests == [("/origin", "bytes=0-99999")]
    server.shutdown()
    server.server_close()  # waits for the handler
    assert (server.sent, server.hung_up) == ((PREFIX, False) if not mode else (0, True))


def test_mirror_url_takes_the_place_of_the_origin(server, tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_MIRROR", server.url + "mirror/")
    assert download.fetch("whole", tmp_path).read_bytes() == DATA
    assert [path for path, _ in server.requests] == ["/mirror/whole.bin"]


@pytest.mark.parametrize("as_url", [False, True])
def test_mirror_folder_needs_no_network(server, tmp_path, monkeypatch, as_url):
    mirror = tmp_path / "a mirror"
    mirror.mkdir()
    (mirror / "whole.bin").write_bytes(DATA)
    part(tmp_path, DATA[:1000])  # a folder ignores Range
    monkeypatch.setenv("DATA_MIRROR", mirror.as_uri() if as_url else str(mirror))
    assert download.fetch("whole", tmp_path).read_bytes() == DATA
    message = refusal("prefix", tmp_path)
    assert "No such file" in message and "prefix.bin yourself" in message
    assert server.requests == []


@pytest.mark.parametrize("mirror", ["://x", "http://", "http://[x", "foo://bar"])
def test_a_malformed_mirror_is_one_line(server, tmp_path, monkeypatch, mirror):
    monkeypatch.setenv("DATA_MIRROR", mirror)
    assert "whole.bin yourself or set DATA_MIRROR" in refusal("whole", tmp_path)


def test_http_error_names_status_and_url(server, tmp_path):
    server.mode = "404"
    part(tmp_path, DATA[:1000])
    message = refusal("whole", tmp_path)
    assert "Error 404" in message and server.url + "origin" in message
    assert (tmp_path / "whole.bin.part").read_bytes() == DATA[:1000]  # still resumable


def test_unknown_name_lists_the_known_ones(server, tmp_path):
    assert refusal("nothing", tmp_path).endswith("known: whole, prefix, model")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_named(server, tmp_path):
    (tmp_path / "whole.bin.part").symlink_to("/dev/full")
    message = refusal("whole", tmp_path)
    assert "No space left" in message and "300,000 free bytes" in message


def test_a_folder_that_cannot_be_made_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert "right to write" in refusal("whole", tmp_path / "file" / "folder")


def test_bar_only_on_a_terminal(server, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, drawn in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        download.fetch("whole", tmp_path / str(drawn))
        text = stream.getvalue()
        assert text.endswith(f"[{'#' * 30}] 300 of 300 kB\n") if drawn else text == ""
        assert text.count("\n") == drawn and (text.count("\r") > 1) == drawn


def test_main_prints_a_line_per_file(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(download.fetch, "__defaults__", (tmp_path,))
    monkeypatch.setattr(sys, "argv", ["download.py", "whole", "prefix"])
    download.main()
    out, err = capsys.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == ["whole", "prefix"]
    assert err == "" and names(tmp_path) == ["prefix.bin", "whole.bin"]


def test_command_lists_the_table(tmp_path):
    status, out, err = command(tmp_path, "--list")
    assert status == 0 and err == "" and out.count("https://") == (
        len(download.FILES) + sum(map(len, download.MODELS.values())))
    assert re.search(r"the-verdict +20,479 bytes +public domain +https://", out)


@pytest.mark.parametrize("fault", ["no network", "404", "wrong name"])
def test_command_fails_in_one_line(server, tmp_path, fault):
    server.mode, url = "404", server.url
    if fault == "no network":
        server.shutdown()
        server.server_close()  # the port refuses now
    name = ["nothing"] if fault == "wrong name" else []
    status, out, err = command(tmp_path, *name, DATA_MIRROR=url)
    assert status == 1 and out == "" and err.count("\n") == 1 and "Traceback" not in err
    if fault == "wrong name":
        assert "known: the-verdict, tinystories-sample, tinystories" in err
    else:
        why = "Error 404" if fault == "404" else "refused"
        assert why in err and "the-verdict.txt yourself or set DATA_MIRROR" in err


def test_weights_of_unknown_size_resume(server, tmp_path):
    (tmp_path / "m").mkdir()
    part(tmp_path / "m", DATA[:1000])
    assert download.fetch_model("model", tmp_path) == tmp_path / "m"
    assert names(tmp_path / "m") == ["again.bin", "whole.bin"]
    assert (tmp_path / "m" / "whole.bin").read_bytes() == DATA
    assert server.requests[0][1] == "bytes=1000-"


def test_a_complete_part_of_unknown_size_is_kept(server, tmp_path):
    (tmp_path / "m").mkdir()
    part(tmp_path / "m", DATA)
    download.fetch_model("model", tmp_path)
    assert [header for _, header in server.requests] == ["bytes=300000-",
                                                         "bytes=0-299999"]


def test_all_released_sizes_are_offered_at_a_fixed_revision():
    assert [*download.MODELS] == ["124M", "355M", "774M", "1558M", "124M-openai"]
    for files in download.MODELS.values():
        assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in files)
        assert all("/main/" not in file.url for file in files)
