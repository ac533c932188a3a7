kubectl apply -f service.yaml
echo done
