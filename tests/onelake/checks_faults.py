def tables(s, r): pass
def faults(s, r): pass
def throttling(s, r): pass
def lost_answers(s, r): pass
def batch(s, r): pass
