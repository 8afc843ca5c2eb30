from tests.controller.conftest import controller, person

__all__ = ["controller", "person"]
