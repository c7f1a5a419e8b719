"""Check modules and notebook cells with ruff; pyproject.toml has the rules.

    python -m tools.lint

Of a cell that begins with a magic it does not know, as %%verbose, ruff sees nothing. So
it is shown %%time instead, under which it reads on; line numbers stay.
"""

import subprocess
import sys

from tools.course import PAGES, ROOT

RUFF = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet"]


def main():
    """Exit status 1 if ruff finds anything."""
    failed = subprocess.run([*RUFF, "--exclude", "*.ipynb", "."], cwd=ROOT).returncode
    for page in PAGES:
        source = page.read_text(encoding="utf-8")
        source = source.replace('"%%verbose\\n"', '"%%time\\n"')
        failed |= subprocess.run([*RUFF, "--stdin-filename", page, "-"], cwd=ROOT,
                                 input=source, text=True, encoding="utf-8").returncode
    sys.exit(failed)


if __name__ == "__main__":
    main()
