"""Judge the notebooks of this folder: pytest --nbval --nbval-current-env 03_backward.ipynb"""

from minigrad_course.judge import pytest_addoption, pytest_collect_file

__all__ = ["pytest_addoption", "pytest_collect_file"]
