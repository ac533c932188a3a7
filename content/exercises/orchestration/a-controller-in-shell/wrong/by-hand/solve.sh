kubectl apply -f website.yaml
kubectl create deployment shop --image=busybox:1 --replicas=1 -- sleep 3600
