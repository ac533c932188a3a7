kubectl apply -f routes.yaml
kubectl wait --for=condition=Programmed gateway/edge --timeout 60s
IP=$(kubectl get gateway edge -o jsonpath='{.status.addresses[0].value}')
for host in tea coffee juice; do curl -s -o - -w '%{http_code}\n' -H "Host: $host.example.com" "http://$IP/"; done
