kubectl apply -f pod.json
