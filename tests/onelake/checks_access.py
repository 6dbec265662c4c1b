def credentials(s, r): pass
def messages(s, r): pass
def locations(s, r): pass
def emulator(s, r): pass
