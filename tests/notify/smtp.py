"""A mail server for the tests: prints its port, then one line of JSON for each mail it took or refused.

Arguments: FOLDER MODE…   starttls: offers TLS with FOLDER/cert.pem and FOLDER/key.pem and takes nothing without it
                          auth: wants the user "shop" with the password "p@ss 007"
                          stall: says nothing after DATA
                          busy: refuses the first mail with 451
                          never: refuses every recipient with 550
"""
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, modes = sys.argv[1], set(sys.argv[2:])
taken = 0


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if "never" in modes:
            say(refused=address)
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global taken
        taken += 1
        tls = session.ssl is not None
        login = session.auth_data.decode() if session.auth_data else ""
        read = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = {part.get_content_subtype(): part.get_content() for part in read.walk() if part.get_content_maintype() == "text"}
        say(to=envelope.rcpt_tos, sender=envelope.mail_from, mail=envelope.content.decode(), tls=tls, login=login,
            subject=read["Subject"], body=body)
        if "stall" in modes:
            await asyncio.sleep(3600)
        if "busy" in modes and taken == 1:
            return "451 4.3.0 try again later"
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == b"shop" and data.password == b"p@ss 007"
    return AuthResult(success=right, handled=right, auth_data=data.login)


async def main():
    context = None
    if "starttls" in modes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    auth = "auth" in modes

    def factory():
        return SMTP(
            Handler(), tls_context=context, require_starttls=context is not None, hostname="mail.test",
            auth_required=auth, authenticator=authenticate if auth else None, enable_SMTPUTF8=False,
        )

    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
