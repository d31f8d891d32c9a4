#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Files over HTTP: nginx and Python's server, curl, and requests in a row."""
import os

from world import HERE, LONG, Mismatch, matrix, need, see, start

PORT = 8080
BIG = 100 << 20
SIZES = (0, 1, 1447, 100000, BIG if LONG else 1 << 20)
NGINX = """
daemon off; master_process off; pid %(folder)s/pid; error_log stderr;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path %(folder)s/body;
	proxy_temp_path %(folder)s/proxy; fastcgi_temp_path %(folder)s/fastcgi;
	uwsgi_temp_path %(folder)s/uwsgi; scgi_temp_path %(folder)s/scgi;
	client_max_body_size 200m; sendfile on; tcp_nopush on;
	server {
		listen %(at)s:%(port)d; root %(folder)s/www;
		dav_methods PUT; create_full_put_path on;
	}
}
"""


def nginx(t):
    need("nginx", "curl")
    t.apart()
    os.mkdir(t.path("www"))
    config = t.write("conf", NGINX % {
        "folder": t.folder, "port": PORT,
        "at": "[::]" if t.v == 6 else "0.0.0.0"})
    # It drops its rights only where there is a master process.
    return t.serve(PORT, "nginx", "-c", config, "-p", t.folder, "-e", "stderr")


def curl(t, *arguments):
    return t.client("curl", "-sS", "--fail", "--max-time", "3000", "-g",
                    *arguments)


def url(t, name):
    return "http://%s:%d/%s" % (t.url_host, PORT, name)


@matrix("nginx-files")
def nginx_files(t):
    nginx(t)
    for size in SIZES:
        name = "www/%d" % size
        t.noise(name, size)
        curl(t, "-o", t.path("got"), url(t, str(size)))
        t.same(t.path("got"), t.path(name))


@matrix("nginx-keep-alive")
def nginx_keep_alive(t):
    """Two files, one connection: the second time, none was opened."""
    nginx(t)
    t.noise("www/a", 30000)
    said = curl(t, "-o", t.path("1"), url(t, "a"), "-o", t.path("2"),
                url(t, "a"), "-w", "%{num_connects} ")
    see("connections opened", said.split(), ["1", "0"])
    t.same(t.path("2"), t.path("www/a"))


@matrix("nginx-pipelined")
def nginx_pipelined(t):
    nginx(t)
    t.noise("www/a", 3000)
    see("answers", t.client("/usr/bin/python3", HERE + "/pipelined.py",
                            t.server, str(PORT), "20").split(),
        ["20", str(20 * 3000)])


@matrix("nginx-ranges")
def nginx_ranges(t):
    nginx(t)
    whole = open(t.noise("www/a", 200000), "rb").read()
    for first, last in ((0, 0), (1, 70000), (199999, 199999)):
        curl(t, "-r", "%d-%d" % (first, last), "-o", t.path("got"),
             url(t, "a"))
        with open(t.path("got"), "rb") as f:
            if f.read() != whole[first:last + 1]:
                raise Mismatch("range %d-%d differs" % (first, last))


@matrix("nginx-upload")
def nginx_upload(t):
    nginx(t)
    sent = t.noise("sent", (20 if LONG else 1) << 20)
    curl(t, "-T", sent, url(t, "new/file"))
    t.same(sent, t.path("www/new/file"))


@matrix("http-server")
def http_server(t):
    need("curl")
    t.apart()
    os.mkdir(t.path("www"))
    t.noise("www/a", (10 if LONG else 1) << 20)
    t.serve(PORT, "/usr/bin/python3", "-m", "http.server", "--bind", t.any,
            "-d", t.path("www"), str(PORT))
    curl(t, "-o", t.path("got"), url(t, "a"))
    t.same(t.path("got"), t.path("www/a"))


@matrix("asyncio")
def asyncio(t):
    """Streams of an event loop: many at once, each with an end of its own."""
    t.apart()
    words = ("/usr/bin/python3", HERE + "/streams.py")
    server = t.serve(PORT, *words, "server", t.any, str(PORT))
    count = 100 if LONG else 20
    see("echoed", t.client(*words, "client", t.server, str(PORT),
                           str(count)).split(), [str(count)])
    t.alive(server)


start()
