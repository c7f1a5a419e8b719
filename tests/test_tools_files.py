"""A file is replaced all or nothing."""

import pytest

from tools.files import replace_file


def names(folder) -> list[str]:
    """What a folder holds."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("mode, old, new", [("wb", b"old", b"new\r\n"),
                                            ("w", "alt", "für später\n")])
def test_the_new_file_takes_the_old_ones_place(tmp_path, mode, old, new):
    for text in (old, new):
        with replace_file(tmp_path / "a.txt", mode) as file:
            file.write(text)
    data = (tmp_path / "a.txt").read_bytes()
    assert data == (new if mode == "wb" else new.encode())
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_old_file_stands(tmp_path, error):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(error), replace_file(tmp_path / "a.txt", "w") as file:
        file.write("half of the n")
        file.flush()
        assert (tmp_path / "a.txt").read_text() == "old"
        raise error
    assert (tmp_path / "a.txt").read_text() == "old" and names(tmp_path) == ["a.txt"]


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), replace_file(tmp_path / "none" / "a.txt"):
        pass
