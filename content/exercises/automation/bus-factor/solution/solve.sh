# The repository holds pages.yaml now.
bash repository/up.sh
