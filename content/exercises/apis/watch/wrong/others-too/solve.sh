kubectl get configmaps --watch --output-watch-events -o json > events.json &
sleep 2
bash deliver.sh
until grep -q DELETED events.json; do sleep 0.2; done
kill %1
