#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# http_peer.py - a web server that takes files as well as giving them
#
#   http_peer.py PORT DIRECTORY [CERTIFICATE KEY]
#
# What this script is for
#   The other end of curl.sh and its like: GET and PUT of files of DIRECTORY, a
#   thread per connection, HTTP/1.1 so that connections are used again.

import http.server
import os
import shutil
import socket
import ssl
import sys


class Peer(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        # curl waits for this before it sends a large body.
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        with open(self.translate_path(self.path), "wb") as out:
            while left > 0:
                piece = self.rfile.read(min(left, 1 << 20))
                if not piece:
                    return
                out.write(piece)
                left -= len(piece)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle_expect_100(self):
        return True

    def copyfile(self, source, outputfile):
        shutil.copyfileobj(source, outputfile, 1 << 20)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    address_family = (socket.AF_INET6 if socket.has_dualstack_ipv6()
                      else socket.AF_INET)

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


port, directory, *tls = sys.argv[1:]
os.chdir(directory)
server = Server(("", int(port)), Peer)
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
