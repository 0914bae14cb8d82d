"""A mail server (aiosmtpd) and a web server on loopback, for notify_test.

    loopback.py FILE

Says its ports, then writes into FILE one line of JSON for each thing that comes, before it is
answered. Recipients choose the mail server's mood: 550-x@ is refused, 451-x@ is told to come later,
554-x@ is refused after its text, drop-x@ loses its connection then. Paths choose the web server's:
/500 answers 500. Ends when its standard input does.
"""
import asyncio
import email
import email.policy
import http.server
import json
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


came = open(sys.argv[1], "w", buffering=1)


def say(**what):
    came.write(json.dumps(what) + "\n")


class Moods:
    async def handle_RCPT(self, server, session, envelope, address, options):
        mood = address.split("-")[0]
        if mood in ("550", "451"):
            say(refused=address)
            return mood + " no"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.content
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        say(mail=dict(mail.items()), to=envelope.rcpt_tos, sender=envelope.mail_from,
            text=mail.get_content(), plain=raw.isascii(), longest=max(map(len, raw.splitlines())),
            head=raw.split(b"\r\n\r\n")[0].decode("ascii"), defects=len(mail.defects),
            login=getattr(session, "login", None))
        mood = envelope.rcpt_tos[0].split("-")[0]
        if mood == "drop":
            server.transport.abort()
        return "554 no" if mood == "554" else "250 ok"

    def auth(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data.password == b"open sesame"
        session.login = data.login.decode() if good else None
        return AuthResult(success=good, handled=False)


class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        say(hook=dict(self.headers.items()), body=body, path=self.path)
        digits = self.path.strip("/")
        self.send_response(int(digits) if digits.isdigit() else 204)
        if digits == "302":
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def main():
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    loop = asyncio.new_event_loop()
    moods = Moods()
    mail = loop.run_until_complete(loop.create_server(
        lambda: SMTP(moods, hostname="loopback", authenticator=moods.auth, auth_require_tls=False,
                     loop=loop), "127.0.0.1", 0))
    print(mail.sockets[0].getsockname()[1], web.server_port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(loop.stop)),
                     daemon=True).start()
    loop.run_forever()


main()
