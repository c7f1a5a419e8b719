"""The exercises of the notebooks: `check(number, answer)`. Reading the modules beside
this one spoils them: they hold the right answers.

The code of models and training in them is the judge's right and wrong answers. It is
written independently of the notebooks on purpose, so that each run checks one against
the other: do not deduplicate.
"""

from importlib import import_module
from pkgutil import iter_modules

from exercises.judge import EXERCISES, check

__all__ = ["EXERCISES", "check"]

for module in iter_modules(__path__):
    if module.name != "__main__":
        import_module(f"exercises.{module.name}")
