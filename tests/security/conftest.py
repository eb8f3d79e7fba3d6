from tests.control.conftest import (  # noqa: F401 - the same API, the same users
    address,
    admin,
    anna,
    anonymous,
    app,
    boris,
    client_of,
    set_link,
)
