class ActivityError(Exception): pass
