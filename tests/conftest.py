"""What all tests share."""

import pytest

# Its assertions are those of the cases: they are to say what differs.
pytest.register_assert_rewrite("tests.case_runner")
