"""A model server over TLS behind a proxy, with Python's own HTTP and TLS.

    server.py CERT KEY

Prints two lines: the port of the server (HTTPS) and that of a proxy, which reaches the server by any host name. The server
answers a chat with one program. Each request and each tunnel is a line on standard error. Ends with standard input.
"""

import http.server
import json
import socket
import ssl
import sys
import threading

PROGRAM = "import cadquery as cq\nfixture = cq.Workplane().box(40, 30, 20)\n"


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.endswith("/v1/models"):
            self.answer("application/json", json.dumps({"data": [{"id": "tiny", "owned_by": "vllm"}]}).encode())
        else:
            self.send_error(404)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        chunks = [{"delta": {"content": PROGRAM}}, {"delta": {}, "finish_reason": "stop"}]
        lines = [f"data: {json.dumps({'choices': [chunk]})}\n\n" for chunk in chunks]
        self.answer("text/event-stream", "".join([*lines, "data: [DONE]\n\n"]).encode())

    def log_message(self, format, *args):
        print("request", format % args, file=sys.stderr, flush=True)


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        print("tunnel", self.path, file=sys.stderr, flush=True)
        other = socket.create_connection(("127.0.0.1", model.server_port))
        self.send_response(200)
        self.end_headers()
        back = threading.Thread(target=pump, args=(other, self.connection), daemon=True)
        back.start()
        pump(self.connection, other)
        back.join()

    def log_message(self, format, *args):
        pass


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


model = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
model.socket = context.wrap_socket(model.socket, server_side=True)
proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
for server in (model, proxy):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
sys.stdin.read()
