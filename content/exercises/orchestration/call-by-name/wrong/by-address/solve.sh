kubectl set env deployment/shop "PRICES_URL=http://$(kubectl get service prices -n warehouse -o jsonpath={.spec.clusterIP})"
