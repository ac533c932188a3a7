bash deliver.sh &
until kubectl get configmap parcel > /dev/null 2>&1; do sleep 0.2; done
kubectl get configmaps -o json > events.json
wait
