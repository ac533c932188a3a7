# The repository holds pages.yaml now, as it is in the cluster of today.
bash repository/up.sh
