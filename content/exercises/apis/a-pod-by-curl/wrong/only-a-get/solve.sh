kubectl proxy --port=8001 &
sleep 2
curl -sS http://127.0.0.1:8001/api/v1/namespaces/default/pods
kill %1
