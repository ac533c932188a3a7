kubectl get configmaps -l app=parcel --watch -o json > events.json &
sleep 1
bash deliver.sh
sleep 1
kill %1
