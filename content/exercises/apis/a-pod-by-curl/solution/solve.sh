kubectl proxy --port=8001 &
curl -sS --retry 20 --retry-delay 1 --retry-connrefused -X POST -H 'Content-Type: application/json' --data @pod.json \
  http://127.0.0.1:8001/api/v1/namespaces/default/pods
kill %1
