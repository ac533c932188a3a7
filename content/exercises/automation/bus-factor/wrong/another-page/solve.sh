# The repository holds a pages.yaml now.
true
