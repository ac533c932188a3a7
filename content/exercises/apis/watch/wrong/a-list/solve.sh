bash deliver.sh &
sleep 3
kubectl get configmaps -o json > events.json
wait
