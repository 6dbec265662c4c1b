def lock(s, r): pass
def killed(s, r): pass
