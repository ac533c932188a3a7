kubectl get configmaps -l app=parcel --watch --output-watch-events -o json > events.json &
sleep 3
bash deliver.sh
until grep -q DELETED events.json; do sleep 0.2; done
kill %1
