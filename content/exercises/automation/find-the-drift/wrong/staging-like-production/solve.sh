sed 's/periodSeconds: 2/periodSeconds: 60/' shop.yaml | kubectl apply -n staging -f -
