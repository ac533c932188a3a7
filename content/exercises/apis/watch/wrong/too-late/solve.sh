bash deliver.sh &
until kubectl get configmap parcel -o jsonpath='{.data.state}' 2> /dev/null | grep -q 'on its way'; do sleep 0.2; done
kubectl get configmaps -l app=parcel --watch --output-watch-events -o json > events.json &
wait %1
until grep -q DELETED events.json; do sleep 0.2; done
kill %2
