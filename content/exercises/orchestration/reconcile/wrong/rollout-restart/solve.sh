kubectl rollout restart deployment web && kubectl rollout status deployment web
