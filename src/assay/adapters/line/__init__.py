"""Between processes that accept and the one that records: a socket pair each, deposits one way, answers the other.

Nobody else has an end of it, and it ends with either process; so neither is left waiting for one that was killed.
"""
