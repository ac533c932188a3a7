bash deliver.sh &
sleep 3
kubectl get configmaps -l app=parcel --watch --output-watch-events -o json > events.json &
sleep 6
kill %2
