kubectl get configmaps -l app=parcel --watch --output-watch-events -o json > events.json &
sleep 3
bash deliver.sh
sleep 1
kill %1
