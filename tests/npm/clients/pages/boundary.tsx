// One query within an error boundary: what it answers, or how it failed.

import { ConvexProvider, ConvexReactClient, useQuery } from "convex/react";
import { makeFunctionReference } from "convex/server";
import { Component, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { useShown } from "./shown";

const { url, query, args } = window.settings;

class Boundary extends Component<{ children: ReactNode }, { error: (Error & { data?: unknown }) | null }> {
  state = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  render() {
    if (this.state.error === null) return this.props.children;
    return <Failure error={this.state.error} again={() => this.setState({ error: null })} />;
  }
}

function Failure({ error, again }: { error: Error & { data?: unknown }; again: () => void }) {
  useShown({ failure: { name: error.name, message: error.message, data: error.data ?? null } });
  return (
    <main>
      <p role="alert">{error.message}</p>
      <button onClick={again}>Try again</button>
    </main>
  );
}

function Answer() {
  const value = useQuery(makeFunctionReference<"query">(query), JSON.parse(args));
  useShown({ value: value ?? null });
  return <p>{JSON.stringify(value)}</p>;
}

createRoot(document.getElementById("root")!).render(
  <ConvexProvider client={new ConvexReactClient(url)}>
    <Boundary>
      <Answer />
    </Boundary>
  </ConvexProvider>,
);
