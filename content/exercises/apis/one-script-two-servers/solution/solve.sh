kubectl rollout status deployment yesterday
kubectl rollout status deployment today
kubectl exec -i deploy/client -- sh -s http://today < store.sh
kubectl exec -i deploy/client -- sh -s http://yesterday < store.sh
