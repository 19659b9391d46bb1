"""Runs moto, and beside it its token service alone.

    serve.py ADDRESS PORT PORT_OF_TOKEN_SERVICE

moto tells services apart by the signature of a request. What exchanges a token is not signed, so that it needs a port where
there is nothing else; both share what they know.
"""

import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

address = sys.argv[1]
port, port_of_token_service = map(int, sys.argv[2:])
tokens = create_backend_app("sts")
threading.Thread(
    target=run_simple,
    args=(address, port_of_token_service, tokens),
    kwargs={"threaded": True},
    daemon=True,
).start()
run_simple(address, port, DomainDispatcherApplication(create_backend_app), threaded=True)
