"""What PyTorch calls otherwise, or takes in another form: `peer(torch, *inputs, **parameters)`.

Each module of this package has a table `DIFFERENT`, by the operation's name. All other operations are compared with the
function of their own name in `torch` or `torch.nn.functional`, called with the same arguments. An operation with nothing
of the kind in PyTorch has its reason in a table `WITHOUT_PEER`.
"""

import importlib
import pkgutil
from collections.abc import Callable

DIFFERENT: dict[str, Callable] = {}
WITHOUT_PEER: dict[str, str] = {}
for _module in pkgutil.iter_modules(__path__):
    _tables = importlib.import_module(f"peers.{_module.name}")
    DIFFERENT |= _tables.DIFFERENT
    WITHOUT_PEER |= getattr(_tables, "WITHOUT_PEER", {})
