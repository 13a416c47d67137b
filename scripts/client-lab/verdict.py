"""What the outcomes against the four servers come to, in one word."""

SERVERS = ("good", "plain", "evil", "wrong")


def verdict(without, with_a):
    """The verdict of a setting, from its outcomes with a store of authorities without A and with A.

    PLAIN    talks in plain text to the genuine server
    OPP      takes TLS where it is offered, checks nothing, and accepts plain text, or falls back to it when a check fails
    ENC      demands TLS and checks nothing
    CA       holds the certificate against an authority, and does not look at the name
    FULL     checks the authority and the name
    REFUSES  connects to none of the four

    CA, FULL and REFUSES may have `+PLAIN`: a server without TLS is talked to in plain text all the same. `SYSTEM ` before them says that
    it is the system's store that decides: without authority A in it, the genuine server is refused.
    """
    if without["good"] == "refuses" and with_a["good"] != "refuses":
        return f"SYSTEM {verdict(with_a, with_a)}"
    outcomes = without
    if outcomes["good"] == "refuses":
        return "REFUSES+PLAIN" if "plain" in outcomes.values() else "REFUSES"
    if outcomes["good"] == "plain":
        return "PLAIN"
    open_ = outcomes["plain"] == "plain"
    if outcomes["evil"] == "tls":
        return "OPP" if open_ else "ENC"
    if outcomes["evil"] == "plain":
        return "OPP"
    return ("CA" if outcomes["wrong"] != "refuses" else "FULL") + ("+PLAIN" if open_ else "")
