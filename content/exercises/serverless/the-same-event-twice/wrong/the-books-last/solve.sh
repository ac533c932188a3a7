docker build -t localhost:5001/charge:1 .
docker push localhost:5001/charge:1
kubectl apply -f charge.yaml
kn service wait charge --wait-timeout 120
kubectl apply -f tills.yaml
kubectl rollout status deployment tills
until kubectl exec deploy/auditor -- wget -qO- http://ledger | grep -q '"1-3","sent":2'; do sleep 1; done
kubectl rollout restart deployment ledger
