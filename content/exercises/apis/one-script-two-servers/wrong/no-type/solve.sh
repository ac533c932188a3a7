cat store.sh
