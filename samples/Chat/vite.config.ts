import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  publicDir: "page/public",
  build: { outDir: "dist", target: "es2022" },
});
